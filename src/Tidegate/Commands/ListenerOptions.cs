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
