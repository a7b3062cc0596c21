using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;

namespace Tidegate.Proxy.Compilation;

/// <summary>Reads transport sockets as far as they are not TLS.</summary>
internal static class TransportSocketCompiler
{
    /// <summary>Whether it is plain TCP; none is.</summary>
    public static bool IsPlain(TransportSocket? socket) =>
        socket is null || socket.Name == "envoy.transport_sockets.raw_buffer" || socket.TypedConfig?.Is(RawBuffer.Descriptor) == true;

    /// <summary>Takes the PROXY header off a transport socket; what is left is what comes behind the header.</summary>
    /// <param name="socket">The transport socket of a cluster.</param>
    /// <param name="scope">Where what is wrong is reported.</param>
    /// <param name="inner">What comes behind the header, or the transport socket itself.</param>
    /// <returns>The version of the header; 0 for none.</returns>
    public static int ProxyHeaderVersion(TransportSocket? socket, CompileScope scope, out TransportSocket? inner)
    {
        inner = socket;
        if (socket?.TypedConfig?.Is(ProxyProtocolUpstreamTransport.Descriptor) != true
            || !scope.TryUnpack(socket.TypedConfig, out ProxyProtocolUpstreamTransport? source))
        {
            return 0;
        }

        inner = source.TransportSocket;
        scope.NoteIf(source.Config?.PassThroughTlvs is not null, "pass_through_tlvs is not acted on");
        return source.Config?.Version == ProxyProtocolConfig.Types.Version.V2 ? 2 : 1;
    }
}
