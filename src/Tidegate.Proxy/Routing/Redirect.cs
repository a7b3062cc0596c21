using System.Text;

namespace Tidegate.Proxy.Routing;

/// <summary>Where a request is sent instead of being served (Envoy: <c>RedirectAction</c>; istio-gateway.md 4.7). Immutable.</summary>
public sealed class Redirect
{
    private readonly byte[] _scheme = [];
    private readonly byte[] _host = [];
    private readonly byte[] _path = [];

    /// <summary>The status: 301, 302, 303, 307 or 308.</summary>
    public int Status { get; init; } = 301;

    /// <summary>The new scheme; empty keeps that of the request.</summary>
    public string Scheme
    {
        get => Encoding.UTF8.GetString(_scheme);
        init => _scheme = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The new host; empty keeps that of the request.</summary>
    public string Host
    {
        get => Encoding.UTF8.GetString(_host);
        init => _host = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The new port; 0 keeps that of the request. It is not named where it is the scheme's own (RFC 9110, section 4.2).</summary>
    public int Port { get; init; }

    /// <summary>The new path; empty keeps that of the request. The request's query is kept unless this has one.</summary>
    public string Path
    {
        get => Encoding.UTF8.GetString(_path);
        init => _path = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>How the path changes, when it is not replaced.</summary>
    public PathRewrite? PathRewrite { get; init; }

    /// <summary>Whether the request's query is dropped.</summary>
    public bool StripsQuery { get; init; }

    /// <summary>
    /// Whether the host is kept with its port, whatever the schemes' default ports are: how <c>require_tls</c> redirects (istio-gateway.md 3.4).
    /// </summary>
    public bool KeepsAuthority { get; init; }

    /// <summary>Appends the absolute URI for the <c>location</c> field.</summary>
    /// <param name="request">The request that is redirected; its authority was validated by the parser (edge.md, X14).</param>
    /// <param name="matcher">What matched its path.</param>
    /// <param name="output">Takes the URI.</param>
    internal void AppendLocation(in RouteRequest request, PathMatcher? matcher, ref ByteBuilder output)
    {
        ReadOnlySpan<byte> scheme = _scheme.Length > 0 ? _scheme : request.Scheme;
        output.Append(scheme);
        output.Append("://"u8);
        output.Append(_host.Length > 0 ? _host : RequestHost(request, scheme));
        if (Port != 0 && Port != (scheme.SequenceEqual("https"u8) ? 443 : 80))
        {
            output.Append((byte)':');
            output.Append(Port);
        }

        AppendPath(request, matcher, ref output);
    }

    private ReadOnlySpan<byte> RequestHost(in RouteRequest request, ReadOnlySpan<byte> scheme)
    {
        ReadOnlySpan<byte> host = request.Authority;
        if (KeepsAuthority)
        {
            return host;
        }

        ReadOnlySpan<byte> name = AuthorityParts.WithoutPort(host);
        if (Port != 0)
        {
            return name;
        }

        // The default port of the old scheme would be a wrong one with the new.
        ReadOnlySpan<byte> port = host[name.Length..];
        bool isOldDefault = scheme.SequenceEqual("https"u8)
            ? request.Scheme.SequenceEqual("http"u8) && port.SequenceEqual(":80"u8)
            : request.Scheme.SequenceEqual("https"u8) && port.SequenceEqual(":443"u8);
        return isOldDefault ? name : host;
    }

    private void AppendPath(in RouteRequest request, PathMatcher? matcher, ref ByteBuilder output)
    {
        if (_path.Length > 0)
        {
            if (_path[0] != (byte)'/')
            {
                output.Append((byte)'/');
            }

            output.Append(_path);
            if (!StripsQuery && !_path.AsSpan().Contains((byte)'?'))
            {
                output.Append(request.Path[request.PathWithoutQuery.Length..]);
            }

            return;
        }

        ReadOnlySpan<byte> path = StripsQuery ? request.PathWithoutQuery : request.Path;
        if (PathRewrite is not null && matcher is not null)
        {
            PathRewrite.AppendTo(path, matcher, ref output);
        }
        else
        {
            output.Append(path);
        }
    }
}
