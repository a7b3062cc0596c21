using System.Globalization;

namespace Tidegate.Pilot.Translation;

/// <summary>The name of a cluster: <c>outbound|port|subset|host</c>.</summary>
/// <param name="Port">The Service's port.</param>
/// <param name="Subset">The DestinationRule's subset; empty for the whole Service.</param>
/// <param name="Host">The Service's full name.</param>
public readonly record struct ClusterName(int Port, string Subset, string Host)
{
    /// <summary>The cluster to which nothing can be sent.</summary>
    public const string BlackHole = "BlackHoleCluster";

    /// <summary>The cluster of a destination without a host, which only invalid Gateway API backends have.</summary>
    public const string UnknownService = "UnknownService";

    /// <summary>Reads a name of that form.</summary>
    public static bool TryParse(string text, out ClusterName name)
    {
        var parts = text.Split('|');
        if (parts.Length == 4 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            name = new ClusterName(port, parts[2], parts[3]);
            return true;
        }
        name = default;
        return false;
    }

    /// <summary>
    /// The same as a server name, <c>outbound_.port_.subset_.host</c>: what sidecars ask for, and what the clusters are called to which an
    /// <c>AUTO_PASSTHROUGH</c> server passes them on.
    /// </summary>
    public string ToServerName() => $"outbound_.{Port.ToString(CultureInfo.InvariantCulture)}_.{Subset}_.{Host}";

    /// <inheritdoc/>
    public override string ToString() => $"outbound|{Port.ToString(CultureInfo.InvariantCulture)}|{Subset}|{Host}";
}
