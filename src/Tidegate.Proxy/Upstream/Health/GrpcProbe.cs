using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>
/// Asks gRPC's health service, <c>grpc.health.v1.Health/Check</c>, over HTTP/2 with prior knowledge (Envoy: gRPC health checking). The message is so
/// small that it is written and read by hand: a request has the service as field 1, an answer its status as field 1, where 1 is SERVING.
/// </summary>
internal sealed class GrpcProbe : HealthProbe
{
    private const int MaxAnswerBytes = 1024;

    private readonly GrpcProbePolicy _policy;
    private readonly string _authority;
    private readonly byte[] _message;
    private readonly HttpMessageInvoker _client;

    public GrpcProbe(GrpcProbePolicy policy, string host, ProbeTarget target, bool reusesConnection)
    {
        _policy = policy;
        _authority = policy.Authority.Length > 0 ? policy.Authority : host;
        _message = Frame(policy.Service);
        _client = ProbeClient.Create(target.ConnectAsync, reusesConnection);
    }

    /// <inheritdoc/>
    public override async Task<ProbeResult> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            using HttpRequestMessage request = ProbeClient.Request("POST", "/grpc.health.v1.Health/Check", _authority, HttpVersion.Version20);
            request.Headers.TryAddWithoutValidation("te", "trailers");
            request.Headers.TryAddWithoutValidation("user-agent", "Envoy/HC");
            foreach ((string name, string value) in _policy.Metadata)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            request.Content = new ByteArrayContent(_message);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            using HttpResponseMessage response = await _client.SendAsync(request, cancellation);
            byte[] body = await ReadAsync(response, cancellation);
            return response.StatusCode == HttpStatusCode.OK && StatusOf(response) == "0" && IsServing(body) ? ProbeResult.Well : ProbeResult.Ill;
        }
        catch (Exception exception) when (ResultOf(exception) is { } result)
        {
            return result;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    private static byte[] Frame(string service)
    {
        using var message = new MemoryStream();
        using (var output = new CodedOutputStream(message, leaveOpen: true))
        {
            if (service.Length > 0)
            {
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteString(service);
            }
        }

        return GrpcMessage.Frame(message.ToArray());
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        byte[] buffer = new byte[256];
        while (body.Length < MaxAnswerBytes && await stream.ReadAsync(buffer, cancellation) is > 0 and int count)
        {
            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    // In the trailers, or in the head where there is no message.
    private static string? StatusOf(HttpResponseMessage response)
    {
        if (response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? values) || response.Headers.TryGetValues("grpc-status", out values))
        {
            return values.First();
        }

        return null;
    }

    private static bool IsServing(byte[] body)
    {
        if (!GrpcMessage.TryUnframe(body, out ReadOnlyMemory<byte> message))
        {
            return false;
        }

        try
        {
            using var input = new CodedInputStream(message.ToArray());
            int status = 0;
            while (input.ReadTag() is > 0 and uint tag)
            {
                if (tag == WireFormat.MakeTag(1, WireFormat.WireType.Varint))
                {
                    status = input.ReadEnum();
                }
                else
                {
                    input.SkipLastField();
                }
            }

            return status == 1;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
