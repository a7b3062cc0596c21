using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Tests.Wire;

/// <summary>The frame of a message of gRPC.</summary>
public sealed class GrpcMessageTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void What_is_framed_can_be_had_back(int length)
    {
        byte[] message = [.. Enumerable.Repeat((byte)7, length)];
        byte[] framed = GrpcMessage.Frame(message);

        Assert.Equal(5 + length, framed.Length);
        Assert.True(GrpcMessage.TryUnframe(framed, out ReadOnlyMemory<byte> found));
        Assert.Equal(message, found.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000")]
    [InlineData("0100000001AA")]
    [InlineData("0000000002AA")]
    [InlineData("0000000001AABB")]
    [InlineData("00FFFFFFFFAA")]
    public void Anything_else_is_no_message(string body) =>
        Assert.False(GrpcMessage.TryUnframe(Convert.FromHexString(body), out _));
}
