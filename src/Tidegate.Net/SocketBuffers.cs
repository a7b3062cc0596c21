namespace Tidegate.Net;

/// <summary>What the system may hold for one connection beside what the loop holds. 0 leaves it to the system, which grows it with the traffic, up to megabytes for each.</summary>
/// <param name="ReceiveBytes">What the peer may send ahead of what is received (SO_RCVBUF); the system holds up to twice as much for it.</param>
/// <param name="UnsentBytes">What it takes to send beyond what is on its way already (TCP_NOTSENT_LOWAT, tcp(7)).</param>
public readonly record struct SocketBuffers(int ReceiveBytes, int UnsentBytes);
