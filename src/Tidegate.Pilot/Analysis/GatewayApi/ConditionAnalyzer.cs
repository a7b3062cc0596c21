using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.GatewayApi;

/// <summary>Whether the status of an object says that somebody could not act on it.</summary>
internal static class ConditionAnalyzer
{
    private static readonly string[] WaypointBound = ["istio.io/WaypointBound"];
    private static readonly string[] PolicyAccepted = ["ZtunnelAccepted", "WaypointAccepted"];
    private static readonly string[] RouteAccepted = ["Accepted", "Programmed", "ResolvedRefs"];

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        Check(snapshot.Services, WaypointBound, report);
        Check(snapshot.ServiceEntries, WaypointBound, report);
        Check(snapshot.WorkloadEntries, WaypointBound, report);
        Check(snapshot.Foreign("AuthorizationPolicy"), PolicyAccepted, report);
        foreach (string kind in new[] { "Gateway", "HTTPRoute", "GRPCRoute" })
        {
            Check(snapshot.Foreign(kind), RouteAccepted, report);
        }
    }

    private static void Check(IEnumerable<Resource> resources, string[] types, AnalysisReport report)
    {
        foreach (Resource resource in resources)
        {
            YamlMapping? root = (resource.Origin as YamlOrigin)?.Root;
            IEnumerable<YamlNode> conditions = YamlPath.Find(root, "status", "conditions").Items()
                .Concat(YamlPath.Find(root, "status", "parents").Items().SelectMany(parent => YamlPath.Find(parent, "conditions").Items()));
            foreach (YamlNode condition in conditions)
            {
                string type = YamlPath.Find(condition, "type").Text();
                string reason = YamlPath.Find(condition, "reason").Text();
                bool isNegative = types.Contains(type) && YamlPath.Find(condition, "status").Text() == "False";
                bool isPartly = resource.Kind == "AuthorizationPolicy" && type == "WaypointAccepted" && reason == "PartiallyInvalid";
                if (isNegative || isPartly)
                {
                    report.Add(
                        MessageTypes.NegativeCondition,
                        resource,
                        string.Empty,
                        $"A condition with a negative status is present: type={type}, reason={reason}, message={YamlPath.Find(condition, "message").Text()}.");
                }
            }
        }
    }
}
