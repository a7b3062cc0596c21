namespace Tidegate.Net;

/// <summary>An option of a socket by the platform's own numbers (<c>setsockopt</c>; Envoy: <c>SocketOption</c>).</summary>
/// <param name="Level">The level, such as 1 for <c>SOL_SOCKET</c> and 6 for TCP on Linux.</param>
/// <param name="Name">The option of that level.</param>
/// <param name="Value">The value's bytes, as the kernel reads them.</param>
public sealed record SocketOption(int Level, int Name, ReadOnlyMemory<byte> Value)
{
    /// <summary>An option whose value is a number.</summary>
    public static SocketOption OfNumber(int level, int name, int value) => new(level, name, BitConverter.GetBytes(value));
}
