using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads what of a Pod matters to those who send it traffic; all the rest is the cluster's.</summary>
internal static class PodReading
{
    public static PodSpec Read(ObjectReader root)
    {
        PodSpec result = (root.Object("spec", ReadSpec) ?? new PodSpec()) with
        {
            Controller = root.Object("metadata", ReadOwners)?.FirstOrDefault(static owner => owner.IsController),
        };
        return root.Object("status", status => ReadStatus(status, result)) ?? result;
    }

    private static IReadOnlyList<OwnerReference> ReadOwners(ObjectReader metadata)
    {
        metadata.IgnoreOthers();
        return metadata.Objects("ownerReferences", owner =>
        {
            owner.IgnoreOthers();
            return new OwnerReference(owner.Text("kind"), owner.Text("name"), owner.Flag("controller"));
        });
    }

    private static PodSpec ReadSpec(ObjectReader spec)
    {
        spec.IgnoreOthers();
        var ports = new Dictionary<string, uint>();
        foreach (NamedPort port in spec.Objects("containers", ReadContainer).SelectMany(container => container.Ports).Where(port => port.Name.Length > 0))
        {
            ports.TryAdd(port.Name, port.Number);
        }

        return new PodSpec { ServiceAccountName = spec.Text("serviceAccountName"), NodeName = spec.Text("nodeName"), Ports = ports };
    }

    private static Container ReadContainer(ObjectReader container)
    {
        container.IgnoreOthers();
        return new Container(container.Objects("ports", port =>
        {
            port.IgnoreOthers();
            return new NamedPort(port.Text("name"), port.Unsigned("containerPort"));
        }));
    }

    private static PodSpec ReadStatus(ObjectReader status, PodSpec pod)
    {
        status.IgnoreOthers();
        IReadOnlyList<Condition> conditions = status.Objects("conditions", condition =>
        {
            condition.IgnoreOthers();
            return new Condition(condition.Text("type"), condition.Text("status"));
        });
        return pod with { Ip = status.Text("podIP"), IsReady = !conditions.Any(condition => condition is { Type: "Ready", Status: "False" }) };
    }

    private sealed record Container(IReadOnlyList<NamedPort> Ports);

    private sealed record NamedPort(string Name, uint Number);

    private sealed record Condition(string Type, string Status);
}
