using System.Globalization;

namespace Tidegate.ProxyConfig;

/// <summary>The parts of a cluster's name <c>direction|port|subset|host</c> as tables show them, whoever sent it; any other name is a host alone.</summary>
internal sealed record ReportedClusterName(string Direction, int Port, string Subset, string Fqdn, bool HasParts) : IComparable<ReportedClusterName>
{
    /// <summary>Takes a name apart.</summary>
    public static ReportedClusterName Parse(string name)
    {
        string[] pieces = name.Split('|');
        if (pieces.Length < 4)
        {
            return new ReportedClusterName(string.Empty, 0, string.Empty, name, HasParts: false);
        }

        _ = int.TryParse(pieces[1], NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        return new ReportedClusterName(pieces[0], port, pieces[2], pieces[3], HasParts: true);
    }

    /// <summary>The order of the tables and lists: host, subset, port, direction.</summary>
    public int CompareTo(ReportedClusterName? other)
    {
        if (other is null)
        {
            return 1;
        }

        int order = string.CompareOrdinal(Fqdn, other.Fqdn);
        order = order != 0 ? order : string.CompareOrdinal(Subset, other.Subset);
        order = order != 0 ? order : Port.CompareTo(other.Port);
        return order != 0 ? order : string.CompareOrdinal(Direction, other.Direction);
    }
}
