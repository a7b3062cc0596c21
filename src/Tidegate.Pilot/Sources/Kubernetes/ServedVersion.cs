using System.Net;
using System.Text.Json;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>Finds out in which version an API server has a kind.</summary>
internal static class ServedVersion
{
    /// <summary>The <c>apiVersion</c> to ask in, the most preferred that is served; null when the server has the kind in none that is known here.</summary>
    /// <remarks>
    /// A kind counts as absent only where the server's own lists say so: a 404 alone may come from whatever stands before a server that is away, and absent kinds
    /// have no objects.
    /// </remarks>
    /// <exception cref="ClusterFailure">The server does not say.</exception>
    public static async Task<string?> FindAsync(ClusterAnswers answers, ClusterCollection collection, CancellationToken stopping)
    {
        string group = collection.Kind.Group;
        HashSet<string> served = group.Length == 0 ? ["v1"] : await VersionsAsync(answers, group, stopping).ConfigureAwait(false);
        foreach (string version in collection.Kind.ApiVersions.Where(version => served.Contains(version)))
        {
            if (await HasAsync(answers, version, collection, stopping).ConfigureAwait(false))
            {
                return version;
            }
        }

        return null;
    }

    private static async Task<HashSet<string>> VersionsAsync(ClusterAnswers answers, string group, CancellationToken stopping)
    {
        using JsonDocument groups = await answers.GetAsync("/apis", stopping).ConfigureAwait(false);
        return
        [
            .. Items(groups, "APIGroupList", "groups")
                .Where(item => ClusterAnswers.Text(item, "name") == group)
                .SelectMany(item => item.TryGetProperty("versions", out JsonElement versions) && versions.ValueKind == JsonValueKind.Array ? versions.EnumerateArray() : default)
                .Select(version => ClusterAnswers.Text(version, "groupVersion")),
        ];
    }

    private static async Task<bool> HasAsync(ClusterAnswers answers, string apiVersion, ClusterCollection collection, CancellationToken stopping)
    {
        try
        {
            string path = collection.Kind.Group.Length == 0 ? $"/api/{apiVersion}" : $"/apis/{apiVersion}";
            using JsonDocument resources = await answers.GetAsync(path, stopping).ConfigureAwait(false);
            return Items(resources, "APIResourceList", "resources").Any(item => ClusterAnswers.Text(item, "name") == collection.Plural);
        }
        catch (ClusterFailure failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            throw new ClusterFailure($"{apiVersion} is said to be served, and is not there");
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonDocument list, string kind, string field) =>
        ClusterAnswers.Text(list.RootElement, "kind") == kind && list.RootElement.TryGetProperty(field, out JsonElement items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : throw new ClusterFailure($"what comes is no {kind}");
}
