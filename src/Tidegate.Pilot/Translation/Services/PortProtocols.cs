namespace Tidegate.Pilot.Translation.Services;

/// <summary>How the protocol of a port is found, and what follows from it.</summary>
public static class PortProtocols
{
    /// <summary>Reads a protocol's name, whatever its case.</summary>
    public static PortProtocol Parse(string? name) => name?.ToLowerInvariant() switch
    {
        "tcp" => PortProtocol.Tcp,
        "udp" => PortProtocol.Udp,
        "grpc" => PortProtocol.Grpc,
        "grpc-web" => PortProtocol.GrpcWeb,
        "http" => PortProtocol.Http,
        "http_proxy" => PortProtocol.HttpProxy,
        "http2" => PortProtocol.Http2,
        "https" => PortProtocol.Https,
        "tls" => PortProtocol.Tls,
        "mongo" => PortProtocol.Mongo,
        "redis" => PortProtocol.Redis,
        "mysql" => PortProtocol.MySql,
        _ => PortProtocol.Unsupported,
    };

    /// <summary>The protocol of a Service's port (spec 6.1): UDP, else <c>appProtocol</c>, else the part of the name before the first dash, else the number.</summary>
    public static PortProtocol OfServicePort(int number, string? name, string? transport, string? appProtocol)
    {
        if (string.Equals(transport, "UDP", StringComparison.OrdinalIgnoreCase))
        {
            return PortProtocol.Udp;
        }
        switch (appProtocol)
        {
            case "kubernetes.io/h2c":
                return PortProtocol.Http2;
            case "kubernetes.io/ws":
                return PortProtocol.Http;
            case "kubernetes.io/wss":
                return PortProtocol.Https;
        }
        var text = appProtocol ?? name ?? "";
        if (text.StartsWith("grpc-web", StringComparison.OrdinalIgnoreCase))
        {
            return PortProtocol.GrpcWeb;
        }
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var protocol = Parse(dash >= 0 ? text[..dash] : text);
        // Where the server speaks first, guessing breaks things: SMTP, DNS, MySQL, MongoDB.
        return protocol == PortProtocol.Unsupported && number is 25 or 53 or 3306 or 27017 ? PortProtocol.Tcp : protocol;
    }

    /// <summary>Whether requests of HTTP are in it that a proxy can read without a key.</summary>
    public static bool IsHttp(this PortProtocol protocol) => protocol
        is PortProtocol.Http or PortProtocol.Http2 or PortProtocol.HttpProxy or PortProtocol.Grpc or PortProtocol.GrpcWeb;

    /// <summary>Whether it runs over HTTP/2.</summary>
    public static bool IsHttp2(this PortProtocol protocol) => protocol is PortProtocol.Http2 or PortProtocol.Grpc or PortProtocol.GrpcWeb;
}
