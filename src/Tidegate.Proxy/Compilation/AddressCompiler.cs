using System.Net;
using Envoy.Config.Core.V3;
using Tidegate.Rules.Values;
using SocketAddress = Envoy.Config.Core.V3.SocketAddress;

namespace Tidegate.Proxy.Compilation;

/// <summary>Reads addresses.</summary>
internal static class AddressCompiler
{
    /// <summary>Where to listen; null when it was refused.</summary>
    public static IPEndPoint? Listening(Address? address, CompileScope scope)
    {
        if (address?.AddressCase != Address.AddressOneofCase.SocketAddress)
        {
            scope.Refuse(address is null ? "address is missing" : $"an address of kind {address.AddressCase} is not supported");
            return null;
        }

        scope.RefuseIf(address.SocketAddress.Protocol != SocketAddress.Types.Protocol.Tcp, "UDP is not supported");
        return Socket(address.SocketAddress, scope.At("socket_address"));
    }

    /// <summary>Where to connect to, of an address that needs no lookup; null when it was refused.</summary>
    public static EndPoint? Connecting(Address? address, CompileScope scope)
    {
        switch (address?.AddressCase ?? Address.AddressOneofCase.None)
        {
            case Address.AddressOneofCase.SocketAddress:
                return Socket(address!.SocketAddress, scope.At("socket_address"));
            case Address.AddressOneofCase.Pipe:
                string path = address!.Pipe.Path;
                if (path.Length is 0 or > 107)
                {
                    scope.At("pipe.path").Refuse("a path of 1 to 107 bytes is expected");
                    return null;
                }

                return new System.Net.Sockets.UnixDomainSocketEndPoint(path.StartsWith('@') ? '\0' + path[1..] : path);
            default:
                scope.Refuse(address is null ? "address is missing" : $"an address of kind {address.AddressCase} is not supported");
                return null;
        }
    }

    private static IPEndPoint? Socket(SocketAddress address, CompileScope scope)
    {
        long port = address.PortSpecifierCase == SocketAddress.PortSpecifierOneofCase.PortValue ? address.PortValue : -1;
        if ((AddressRules.CheckPort(port) ?? AddressRules.CheckAddress(address.Address)) is { } problem)
        {
            scope.Refuse(problem);
            return null;
        }

        return new IPEndPoint(IPAddress.Parse(address.Address), (int)port);
    }
}
