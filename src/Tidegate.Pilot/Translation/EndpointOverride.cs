using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// Where a Service's requests really go, told on the command line: <c>--endpoint NAME.NAMESPACE[:PORT]=HOST:PORT</c>. Overrides what
/// manifests say about the endpoints of that Service (of that port of it). Several may name the same Service: all are endpoints.
/// </summary>
/// <remarks>
/// A host name is resolved once, when the control plane starts (<see cref="ResolveAsync"/>), to its IPv4 addresses if it has any: so the
/// cluster stays an EDS cluster, as everything that lists clusters expects of a Service, and translation stays a pure function.
/// </remarks>
/// <param name="Service">The Service's name.</param>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="ServicePort">The Service's port, or null for all of them.</param>
/// <param name="Host">An address or a host name.</param>
/// <param name="Port">The port there.</param>
public sealed record EndpointOverride(string Service, string Namespace, int? ServicePort, string Host, int Port)
{
    /// <summary>Reads one option value.</summary>
    /// <param name="text">The value, such as <c>webapp.istioinaction:80=localhost:8080</c>.</param>
    /// <param name="result">The endpoint, when the value is well-formed.</param>
    /// <param name="error">Otherwise what is wrong and what would be right.</param>
    public static bool TryParse(string text, out EndpointOverride? result, out string? error)
    {
        result = null;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            error = $"\"{text}\" has no '='; write NAME.NAMESPACE[:PORT]=HOST:PORT, such as webapp.istioinaction=127.0.0.1:8080";
            return false;
        }
        var service = text[..equals];
        var target = text[(equals + 1)..];
        int? servicePort = null;
        var colon = service.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!TryPort(service[(colon + 1)..], out var number))
            {
                error = $"\"{service[(colon + 1)..]}\" in \"{text}\" is not a port from 1 to 65535";
                return false;
            }
            servicePort = number;
            service = service[..colon];
        }
        var dot = service.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == service.Length - 1)
        {
            error = $"\"{service}\" in \"{text}\" does not name a Service and its namespace; write NAME.NAMESPACE, such as webapp.istioinaction";
            return false;
        }
        var namespaceName = service[(dot + 1)..];
        // NAME.NAMESPACE.svc.cluster.local is a Service's full name: take it as well.
        var svc = namespaceName.IndexOf(".svc", StringComparison.Ordinal);
        namespaceName = svc > 0 ? namespaceName[..svc] : namespaceName;
        var last = target.LastIndexOf(':');
        if (last <= 0 || !TryPort(target[(last + 1)..], out var port))
        {
            error = $"\"{target}\" in \"{text}\" is not HOST:PORT, such as 127.0.0.1:8080";
            return false;
        }
        var host = target[..last].Trim('[', ']');
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown && !IPAddress.TryParse(host, out _))
        {
            error = $"\"{host}\" in \"{text}\" is neither an address nor a host name";
            return false;
        }
        result = new EndpointOverride(service[..dot], namespaceName, servicePort, host, port);
        error = null;
        return true;
    }

    /// <summary>
    /// The same endpoint by address: itself when <see cref="Host"/> is one, otherwise one for each address of the name, IPv4 before
    /// IPv6 and never both (a process on <c>localhost</c> seldom listens on both). Empty when the name has no address.
    /// </summary>
    public async Task<IReadOnlyList<EndpointOverride>> ResolveAsync(CancellationToken cancellation = default)
    {
        if (IPAddress.TryParse(Host, out _))
        {
            return [this];
        }
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return []; // no such name, or no resolver: the caller says so, the Service has no endpoint
        }
        var usable = addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToArray();
        usable = usable.Length > 0 ? usable : addresses;
        return [.. usable.Distinct().Select(address => this with { Host = address.ToString() })];
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
