using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The filters of <c>proxy-config endpoint</c> and <c>proxy-config eds</c>.</summary>
internal sealed class EndpointOptions
{
    private readonly DocumentedOption<string> _address = DocumentedOption.Text(["--address"], "ADDRESS", "Only endpoints with this address");
    private readonly DocumentedOption<int> _port = DocumentedOption.Number(["--port"], "PORT", "Only endpoints on this port");
    private readonly DocumentedOption<string> _cluster = DocumentedOption.Text(["--cluster"], "NAME", "Only endpoints of the cluster of this name");
    private readonly DocumentedOption<string> _status = DocumentedOption.Text(["--status"], "STATUS", "Only endpoints in this health: healthy, unhealthy, draining, timeout, degraded or unknown");

    public IEnumerable<Option> All => [_address, _port, _cluster, _status];

    public EndpointFilter FilterOf(ParseResult result) => new()
    {
        Address = result.GetValue(_address)!,
        Port = result.GetValue(_port),
        Cluster = result.GetValue(_cluster)!,
        Status = result.GetValue(_status)!,
    };
}
