using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The filters of <c>proxy-config route</c>.</summary>
internal sealed class RouteOptions
{
    private readonly DocumentedOption<string> _name = DocumentedOption.Text(["--name"], "NAME", "Only the route configuration of this name");
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose"], "Show each route, and not only the number of virtual hosts", fallback: true);

    public IEnumerable<Option> All => [_name, _verbose];

    public RouteFilter FilterOf(ParseResult result) => new() { Name = result.GetValue(_name)!, IsVerbose = result.GetValue(_verbose) };
}
