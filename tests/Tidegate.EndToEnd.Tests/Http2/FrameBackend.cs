using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>A connection of the gateway to a backend that says frames.</summary>
internal sealed class FrameBackend(BackendConnection connection) : FramePeer(connection.Reader, connection.Stopping)
{
    /// <summary>What a cluster says of such a backend.</summary>
    public const string Speaks = "'explicitHttpConfig': {'http2ProtocolOptions': {} }";

    /// <summary>SETTINGS that allow extended CONNECT (RFC 8441).</summary>
    public static readonly byte[] TakesExtendedConnect = [0, 8, 0, 0, 0, 1];

    /// <summary>Has a backend speak frames, each connection by this script.</summary>
    public static void Script(ScriptedBackend backend, Func<FrameBackend, Task> script, params byte[] settings) => backend.Script = async connection =>
    {
        await connection.Reader.ReadExactlyAsync(24, connection.Stopping);
        var frames = new FrameBackend(connection);
        await frames.SayAsync(Frame(4, 0, 0, settings), Frame(4, 1, 0));
        await script(frames);
    };

    /// <summary>The next request's HEADERS; its fields are in <see cref="FramePeer.Fields"/>.</summary>
    public async Task<string> HearRequestAsync() => (await HearUntilAsync("HEADERS")).Split('\n')[^1];

    /// <inheritdoc/>
    public override Task SayAsync(params byte[][] frames) => connection.SendAsync(frames.SelectMany(frame => frame).ToArray());
}
