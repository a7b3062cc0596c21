using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis;

/// <summary>How Istio's messages name an object of a kind that is clear: <c>namespace/name</c>.</summary>
internal static class ObjectName
{
    /// <summary>The name; without a namespace the object's own name alone.</summary>
    public static string Of(Resource resource) => Of(resource.Namespace, resource.Name);

    /// <summary>The same of an object that is not there.</summary>
    public static string Of(string nameSpace, string name) => nameSpace.Length == 0 ? name : $"{nameSpace}/{name}";
}
