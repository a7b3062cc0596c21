using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Xds;

/// <summary>
/// The statuses that outlier detection takes for errors, instead of 500 to 599 (Istio: <c>outlierDetectionHttpErrorCodes</c>), as a list in the metadata
/// of a cluster: <c>filter_metadata["tidegate"]["outlier_http_error_codes"]</c>. Envoy has them in <c>HttpProtocolOptions.outlier_detection.error_matcher</c>,
/// which the version of its API that we build on does not know yet.
/// </summary>
public static class OutlierStatuses
{
    private const string Namespace = "tidegate";
    private const string Field = "outlier_http_error_codes";

    /// <summary>Writes them into a cluster that has none yet.</summary>
    public static void Write(Cluster cluster, IReadOnlyList<uint> statuses)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(statuses);
        cluster.Metadata ??= new Metadata();
        cluster.Metadata.FilterMetadata[Namespace] = new Struct
        {
            Fields = { [Field] = Value.ForList([.. statuses.Select(static status => Value.ForNumber(status))]) },
        };
    }

    /// <summary>Reads them; null when a cluster has none.</summary>
    public static IReadOnlyList<int>? Read(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return cluster.Metadata is { } metadata && metadata.FilterMetadata.TryGetValue(Namespace, out Struct? own)
            && own.Fields.TryGetValue(Field, out Value? list) && list.KindCase == Value.KindOneofCase.ListValue
                ? [.. list.ListValue.Values.Select(static value => (int)value.NumberValue)]
                : null;
    }
}
