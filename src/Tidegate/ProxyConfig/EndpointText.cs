using System.Globalization;
using Envoy.Config.Core.V3;

namespace Tidegate.ProxyConfig;

/// <summary>The address and health cells of the tables of endpoints (cli.md, 3.2 and 3.3).</summary>
internal static class EndpointText
{
    /// <summary>The address without the port, as it is sorted and filtered by.</summary>
    public static string Host(Address? address) => address?.AddressCase switch
    {
        Address.AddressOneofCase.SocketAddress => address.SocketAddress.Address,
        Address.AddressOneofCase.Pipe => $"unix://{address.Pipe.Path}",
        Address.AddressOneofCase.EnvoyInternalAddress => Internal(address.EnvoyInternalAddress),
        _ => "unknown",
    };

    /// <summary>The port; 0 when it has none.</summary>
    public static uint Port(Address? address) => address?.SocketAddress?.PortValue ?? 0;

    /// <summary>Address and port.</summary>
    public static string HostAndPort(Address? address)
    {
        uint port = Port(address);
        return port == 0 ? Host(address) : string.Create(CultureInfo.InvariantCulture, $"{Host(address)}:{port}");
    }

    /// <summary>The name of a health status in the .proto file.</summary>
    public static string Health(HealthStatus status) =>
        HealthCheckReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("HealthStatus").FindValueByNumber((int)status)?.Name
        ?? ((int)status).ToString(CultureInfo.InvariantCulture);

    private static string Internal(EnvoyInternalAddress address) => $"envoy://{address.ServerListenerName}/{address.EndpointId}";
}
