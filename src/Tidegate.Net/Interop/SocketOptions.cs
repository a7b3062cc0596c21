namespace Tidegate.Net.Interop;

/// <summary>Levels and names for setsockopt, as on Linux x86-64 and arm64.</summary>
internal static class SocketOptions
{
    internal const int Socket = 1;
    internal const int ReuseAddress = 2;
    internal const int Error = 4;
    internal const int SendBuffer = 7;
    internal const int ReceiveBuffer = 8;
    internal const int KeepAlive = 9;
    internal const int Linger = 13;
    internal const int ReusePort = 15;
    internal const int AttachFilter = 26;

    internal const int Tcp = 6;
    internal const int NoDelay = 1;
    internal const int KeepIdle = 4;
    internal const int KeepInterval = 5;
    internal const int KeepCount = 6;
    internal const int NotSentLowAt = 25;

    internal const int IPv6 = 41;
    internal const int IPv6Only = 26;
}
