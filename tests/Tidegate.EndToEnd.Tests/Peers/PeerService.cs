using System.Globalization;
using Grpc.Core;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>The service of <c>peer.proto</c>.</summary>
public sealed class PeerService : Peer.PeerBase
{
    /// <inheritdoc/>
    public override async Task<Text> Say(Text request, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([new Metadata.Entry("x-before", request.Value)]);
        context.ResponseTrailers.Add("x-behind", request.Value);
        return request;
    }

    /// <inheritdoc/>
    public override async Task<Text> Join(IAsyncStreamReader<Text> requestStream, ServerCallContext context)
    {
        List<string> texts = [];
        await foreach (Text text in requestStream.ReadAllAsync(context.CancellationToken))
        {
            texts.Add(text.Value);
        }

        return new Text { Value = string.Join('+', texts) };
    }

    /// <inheritdoc/>
    public override async Task Spell(Text request, IServerStreamWriter<Text> responseStream, ServerCallContext context)
    {
        foreach (char letter in request.Value)
        {
            await responseStream.WriteAsync(new Text { Value = $"{letter}" }, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task Chat(IAsyncStreamReader<Text> requestStream, IServerStreamWriter<Text> responseStream, ServerCallContext context)
    {
        await foreach (Text text in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(text, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<Text> Fail(Text request, ServerCallContext context)
    {
        string[] words = request.Value.Split(' ', 2);
        throw new RpcException(new Status((StatusCode)int.Parse(words[0], CultureInfo.InvariantCulture), words[1]));
    }

    /// <inheritdoc/>
    public override async Task<Text> Wait(Text request, ServerCallContext context)
    {
        var cancelled = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = context.CancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        return request;
    }
}
