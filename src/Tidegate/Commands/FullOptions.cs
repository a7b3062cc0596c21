using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The filters of <c>proxy-config all</c>: one flag filters every table that has such a column.</summary>
internal sealed class FullOptions
{
    private readonly DocumentedOption<string> _fqdn = DocumentedOption.Text(["--fqdn"], "TEXT", "Only clusters with this in their name: a service's full name, or part of it");
    private readonly DocumentedOption<string> _subset = DocumentedOption.Text(["--subset"], "TEXT", "Only clusters with this in their name: a subset");
    private readonly DocumentedOption<string> _direction = DocumentedOption.Text(["--direction"], "TEXT", "Only clusters with this in their name: inbound or outbound");
    private readonly DocumentedOption<int> _port = DocumentedOption.Number(["--port"], "PORT", "Only clusters, listeners and endpoints of this port");
    private readonly DocumentedOption<string> _address = DocumentedOption.Text(["--address"], "ADDRESS", "Only listeners with this address, and endpoints with this ADDRESS:PORT");
    private readonly DocumentedOption<string> _type = DocumentedOption.Text(["--type"], "TYPE", "Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN");
    private readonly DocumentedOption<string> _name = DocumentedOption.Text(["--name"], "NAME", "Only the route configuration of this name");
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose"], "Show filter chains and routes, and not only types and numbers", fallback: true);

    public DocumentedOption<bool> WithHeaders { get; } = DocumentedOption.Switch(["--with-headers"], "Put a heading before each table");

    public IEnumerable<Option> All => [_fqdn, _subset, _direction, _port, _address, _type, _name, _verbose, WithHeaders];

    public FullFilter FilterOf(ParseResult result) => new(
        new ClusterFilter { Fqdn = result.GetValue(_fqdn)!, Port = result.GetValue(_port), Subset = result.GetValue(_subset)!, Direction = result.GetValue(_direction)! },
        new ListenerFilter { Address = result.GetValue(_address)!, Port = result.GetValue(_port), Type = result.GetValue(_type)!, IsVerbose = result.GetValue(_verbose) },
        new RouteFilter { Name = result.GetValue(_name)!, IsVerbose = result.GetValue(_verbose) },
        new EndpointFilter { Address = result.GetValue(_address)!, Port = result.GetValue(_port) });
}
