using System.Net;
using Envoy.Config.Core.V3;

namespace Tidegate.Proxy.Runtime.DnsResolution;

/// <summary>What DNS said in one round.</summary>
/// <param name="Resolve">What each address of the cluster's assignment leads to; empty for a name that never had an answer.</param>
internal sealed record DnsAnswer(Func<Address, IReadOnlyList<EndPoint>> Resolve);
