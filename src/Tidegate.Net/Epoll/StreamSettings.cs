using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>The options that every TCP socket gets; accepted ones inherit them from the listening one.</summary>
internal static class StreamSettings
{
    /// <summary>TCP_NODELAY, and keepalive and the sizes of buffers if asked for; the first negated errno when the kernel refuses. Before the socket listens or connects.</summary>
    internal static int Apply(int fd, KeepAliveOptions? keepAlive, SocketBuffers buffers)
    {
        int result = SocketCalls.SetOption(fd, SocketOptions.Tcp, SocketOptions.NoDelay, 1);
        result = Set(fd, SocketOptions.Socket, SocketOptions.ReceiveBuffer, buffers.ReceiveBytes, result);
        result = Set(fd, SocketOptions.Tcp, SocketOptions.NotSentLowAt, buffers.UnsentBytes, result);
        if (keepAlive is not null)
        {
            result = Set(fd, SocketOptions.Socket, SocketOptions.KeepAlive, 1, result);
            result = Set(fd, SocketOptions.Tcp, SocketOptions.KeepIdle, keepAlive.IdleSeconds, result);
            result = Set(fd, SocketOptions.Tcp, SocketOptions.KeepInterval, keepAlive.IntervalSeconds, result);
            result = Set(fd, SocketOptions.Tcp, SocketOptions.KeepCount, keepAlive.Probes, result);
        }

        return result;
    }

    // 0 leaves the kernel's default.
    private static int Set(int fd, int level, int name, int value, int resultSoFar) =>
        resultSoFar < 0 || value == 0 ? resultSoFar : SocketCalls.SetOption(fd, level, name, value);
}
