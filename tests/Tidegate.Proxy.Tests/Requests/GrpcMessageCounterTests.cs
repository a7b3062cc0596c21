using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Tests.Requests;

/// <summary>Messages of gRPC are counted by their lengths, wherever the pieces of a body end.</summary>
public sealed class GrpcMessageCounterTests
{
    // An empty message, one of two bytes, one of 300.
    private static readonly byte[] ThreeMessages = [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 0, 0, 1, 44, .. new byte[300]];

    [Fact]
    public void However_the_bytes_are_split_the_messages_are_the_same()
    {
        for (int size = 1; size <= ThreeMessages.Length; size++)
        {
            GrpcMessageCounter counter = default;
            for (int at = 0; at < ThreeMessages.Length; at += size)
            {
                counter.Take(ThreeMessages.AsSpan(at, Math.Min(size, ThreeMessages.Length - at)));
            }

            Assert.Equal(3, counter.Count);
        }
    }

    [Fact]
    public void A_message_counts_when_it_begins()
    {
        GrpcMessageCounter counter = default;
        counter.Take([]);
        Assert.Equal(0, counter.Count);
        counter.Take([0, 0]);
        Assert.Equal(1, counter.Count);
        counter.Take([0xFF, 0xFF, 0xFF, .. new byte[1000]]); // much longer than what has come
        Assert.Equal(1, counter.Count);
    }
}
