using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The filters of <c>proxy-config cluster</c>.</summary>
internal sealed class ClusterOptions
{
    private readonly DocumentedOption<string> _fqdn = DocumentedOption.Text(["--fqdn"], "TEXT", "Only clusters with this in their name: a service's full name, or part of it");
    private readonly DocumentedOption<int> _port = DocumentedOption.Number(["--port"], "PORT", "Only clusters of this port");
    private readonly DocumentedOption<string> _subset = DocumentedOption.Text(["--subset"], "TEXT", "Only clusters with this in their name: a subset");
    private readonly DocumentedOption<string> _direction = DocumentedOption.Text(["--direction"], "TEXT", "Only clusters with this in their name: inbound or outbound");

    public IEnumerable<Option> All => [_fqdn, _port, _subset, _direction];

    public ClusterFilter FilterOf(ParseResult result) => new()
    {
        Fqdn = result.GetValue(_fqdn)!,
        Port = result.GetValue(_port),
        Subset = result.GetValue(_subset)!,
        Direction = result.GetValue(_direction)!,
    };
}
