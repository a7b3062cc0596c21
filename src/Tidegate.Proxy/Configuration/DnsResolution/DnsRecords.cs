using System.Net;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>What DNS knows of a name.</summary>
/// <param name="Addresses">Its addresses, one at least.</param>
/// <param name="TimeToLive">How long that holds; null where it is not known (a hosts file, another service of the system).</param>
public sealed record DnsRecords(IReadOnlyList<IPAddress> Addresses, TimeSpan? TimeToLive);
