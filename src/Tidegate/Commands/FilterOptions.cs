using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The filters of <c>proxy-config listener</c>.</summary>
internal sealed class ListenerOptions
{
    private readonly DocumentedOption<string> _address = DocumentedOption.Text(["--address"], "ADDRESS", "Only listeners with this address");
    private readonly DocumentedOption<int> _port = DocumentedOption.Number(["--port"], "PORT", "Only listeners on this port");
    private readonly DocumentedOption<string> _type = DocumentedOption.Text(["--type"], "TYPE", "Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN");
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose"], "Show filter chains, and not only the type", fallback: true);

    public IEnumerable<Option> All => [_address, _port, _type, _verbose];

    public ListenerFilter FilterOf(ParseResult result) => new()
    {
        Address = result.GetValue(_address)!,
        Port = result.GetValue(_port),
        Type = result.GetValue(_type)!,
        IsVerbose = result.GetValue(_verbose),
    };
}

/// <summary>The filters of <c>proxy-config route</c>.</summary>
internal sealed class RouteOptions
{
    private readonly DocumentedOption<string> _name = DocumentedOption.Text(["--name"], "NAME", "Only the route configuration of this name");
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose"], "Show each route, and not only the number of virtual hosts", fallback: true);

    public IEnumerable<Option> All => [_name, _verbose];

    public RouteFilter FilterOf(ParseResult result) => new() { Name = result.GetValue(_name)!, IsVerbose = result.GetValue(_verbose) };
}

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

/// <summary>The filters of <c>proxy-config all</c>: one flag filters every table that has such a column.</summary>
internal sealed class FullOptions
{
    private readonly DocumentedOption<string> _fqdn = DocumentedOption.Text(["--fqdn"], "TEXT", "Only clusters with this in their name: a service's full name, or part of it");
    private readonly DocumentedOption<string> _subset = DocumentedOption.Text(["--subset"], "TEXT", "Only clusters with this in their name: a subset");
    private readonly DocumentedOption<string> _direction = DocumentedOption.Text(["--direction"], "TEXT", "Only clusters with this in their name: inbound or outbound");
    private readonly DocumentedOption<int> _port = DocumentedOption.Number(["--port"], "PORT", "Only clusters and listeners of this port");
    private readonly DocumentedOption<string> _address = DocumentedOption.Text(["--address"], "ADDRESS", "Only listeners with this address");
    private readonly DocumentedOption<string> _type = DocumentedOption.Text(["--type"], "TYPE", "Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN");
    private readonly DocumentedOption<string> _name = DocumentedOption.Text(["--name"], "NAME", "Only the route configuration of this name");
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose"], "Show filter chains and routes, and not only types and numbers", fallback: true);

    public DocumentedOption<bool> WithHeaders { get; } = DocumentedOption.Switch(["--with-headers"], "Put a heading before each table");

    public IEnumerable<Option> All => [_fqdn, _subset, _direction, _port, _address, _type, _name, _verbose, WithHeaders];

    public FullFilter FilterOf(ParseResult result) => new(
        new ClusterFilter { Fqdn = result.GetValue(_fqdn)!, Port = result.GetValue(_port), Subset = result.GetValue(_subset)!, Direction = result.GetValue(_direction)! },
        new ListenerFilter { Address = result.GetValue(_address)!, Port = result.GetValue(_port), Type = result.GetValue(_type)!, IsVerbose = result.GetValue(_verbose) },
        new RouteFilter { Name = result.GetValue(_name)!, IsVerbose = result.GetValue(_verbose) },
        new EndpointFilter { Address = string.Empty, Port = result.GetValue(_port) });
}
