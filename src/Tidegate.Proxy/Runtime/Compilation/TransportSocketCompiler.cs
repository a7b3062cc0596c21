using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Reads transport sockets: plain TCP for now.</summary>
internal static class TransportSocketCompiler
{
    /// <summary>Whether it is plain TCP; none is.</summary>
    public static bool IsPlain(TransportSocket? socket) =>
        socket is null || socket.Name == "envoy.transport_sockets.raw_buffer" || socket.TypedConfig?.Is(RawBuffer.Descriptor) == true;

    /// <summary>Refuses what is not plain TCP.</summary>
    public static void RefuseUnlessPlain(TransportSocket? socket, CompileScope scope)
    {
        if (!IsPlain(socket))
        {
            scope.At("transport_socket").Refuse($"transport socket \"{socket!.Name}\" is not supported yet");
        }
    }
}
