namespace Tidegate.Proxy.Routing.Metadata;

/// <summary>Where a value stands in dynamic metadata (Envoy: <c>type.metadata.v3.MetadataKey</c>). Immutable.</summary>
/// <param name="filter">The filter that notes it.</param>
/// <param name="path">The names that lead to the value, one within the other; one at least.</param>
internal sealed class MetadataPath(string filter, string[] path)
{
    private readonly string _name = path[0];
    private readonly string[] _rest = path[1..];

    /// <summary>The value; null when it is not there.</summary>
    public MetadataValue? Find(DynamicMetadata? metadata) => metadata?.Find(filter, _name)?.Find(_rest);
}
