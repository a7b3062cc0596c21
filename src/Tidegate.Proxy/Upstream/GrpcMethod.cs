using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream;

/// <summary>A method of a gRPC service that the gateway itself calls: one message there, one back. Immutable.</summary>
/// <param name="path">The method's path.</param>
/// <param name="authority">Under which host it is called.</param>
/// <param name="timeoutMs">How long it may take.</param>
internal sealed class GrpcMethod(string path, byte[] authority, long timeoutMs)
{
    // The largest number of a unit (gRPC over HTTP/2, "TimeoutValue").
    private const long MaxTimeoutMs = 99_999_999;

    private readonly byte[] _path = Encoding.ASCII.GetBytes(path);
    private readonly byte[] _timeout = Encoding.ASCII.GetBytes($"{Math.Min(timeoutMs, MaxTimeoutMs).ToString(CultureInfo.InvariantCulture)}m");

    /// <summary>Whether the call has no fields of Envoy's.</summary>
    public bool SkipsEnvoyHeaders { get; init; }

    /// <summary>Fields that the call has beside the others.</summary>
    public (byte[] Name, byte[] Value)[] InitialMetadata { get; init; } = [];

    /// <summary>Calls it. Null: there was no answer in time, or one of another status than 0.</summary>
    /// <param name="client">The service's cluster.</param>
    /// <param name="message">What is sent.</param>
    /// <param name="maxAnswerBytes">How long the answer may be.</param>
    /// <param name="hopCount">How often the request that it is about has passed through this gateway.</param>
    /// <param name="cancellation">Ends it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>?> CallAsync(ClusterClient client, IMessage message, int maxAnswerBytes, int hopCount, CancellationToken cancellation)
    {
        ClusterAnswer? answer = await client.SendAsync(Head(hopCount), GrpcMessage.Frame(message.ToByteArray()), timeoutMs, maxAnswerBytes, cancellation);
        return answer is { Head.Status: 200 } && IsOk(answer) && GrpcMessage.TryUnframe(answer.Body, out ReadOnlyMemory<byte> body) ? body : null;
    }

    private RequestHead Head(int hopCount)
    {
        var head = new RequestHead { HopCount = hopCount };
        head.SetMethod(KnownMethod.Post);
        head.SetPath(_path);
        head.SetAuthority(authority);
        head.Headers.Add("te"u8, "trailers"u8);
        head.Headers.Add("content-type"u8, "application/grpc"u8);
        head.Headers.Add("grpc-timeout"u8, _timeout);
        if (!SkipsEnvoyHeaders)
        {
            head.Headers.Add("x-envoy-internal"u8, "true"u8);
        }

        foreach ((byte[] name, byte[] value) in InitialMetadata)
        {
            head.Headers.Add(name, value);
        }

        return head;
    }

    // The status is behind the message, or in the head where there is none.
    private static bool IsOk(ClusterAnswer answer) =>
        (answer.Trailers.TryGet("grpc-status"u8, out ReadOnlySpan<byte> status) || answer.Head.Headers.TryGet("grpc-status"u8, out status)) && status.SequenceEqual("0"u8);
}
