namespace Tidegate.Pilot.Validation;

/// <summary>The protocols that a port may name (Istio: <c>pkg/config/protocol</c>), whatever their case.</summary>
internal static class ProtocolNames
{
    /// <summary>Whether Istio knows it.</summary>
    public static bool IsKnown(string name) => IsHttp(name) || IsTcp(name) || Is(name, "UDP");

    /// <summary>Whether it is plain HTTP in some version.</summary>
    public static bool IsHttp(string name) =>
        Is(name, "HTTP") || Is(name, "HTTP2") || Is(name, "HTTP_PROXY") || Is(name, "GRPC") || Is(name, "GRPC-WEB");

    /// <summary>Whether it is TLS with something in it.</summary>
    public static bool IsTls(string name) => Is(name, "HTTPS") || Is(name, "TLS");

    /// <summary>Whether it is handled as a stream of bytes.</summary>
    public static bool IsTcp(string name) => IsTls(name) || Is(name, "TCP") || Is(name, "MONGO") || Is(name, "REDIS") || Is(name, "MYSQL");

    /// <summary>Whether a name means this protocol.</summary>
    public static bool Is(string name, string protocol) => name.Equals(protocol, StringComparison.OrdinalIgnoreCase);
}
