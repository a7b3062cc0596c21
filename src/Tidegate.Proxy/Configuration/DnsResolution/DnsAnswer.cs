using System.Net;
using Envoy.Config.Core.V3;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>What DNS said in one round.</summary>
/// <param name="Resolve">What each address of the cluster's assignment leads to; empty for a name that never had an answer.</param>
/// <param name="Asked">What came of each question of the round.</param>
internal sealed record DnsAnswer(Func<Address, IReadOnlyList<EndPoint>> Resolve, IReadOnlyList<DnsOutcome> Asked);

/// <summary>What came of asking for a name.</summary>
internal enum DnsOutcome
{
    /// <summary>It has addresses.</summary>
    Answered,

    /// <summary>It has none.</summary>
    Empty,

    /// <summary>There was no answer.</summary>
    Failed,
}
