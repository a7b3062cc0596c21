using FsCheck;
using FsCheck.Xunit;
using Tidegate.Net.Buffers;

namespace Tidegate.Net.Tests.Buffers;

public sealed class ReceiveBufferTests
{
    [Property(MaxTest = 200)]
    public bool What_is_committed_comes_out_in_order_whatever_is_consumed_between((ushort Received, ushort Consumed)[] steps)
    {
        var pool = new BufferPool();
        var buffer = default(ReceiveBuffer);
        byte next = 0;
        byte expected = 0;
        foreach ((ushort received, ushort consumed) in steps)
        {
            Span<byte> room = buffer.PrepareToReceive(pool, 4096).Span;
            if (room.IsEmpty)
            {
                return false;
            }

            int count = Math.Min((int)received, room.Length);
            for (int i = 0; i < count; i++)
            {
                room[i] = next++;
            }

            buffer.Commit(count);
            int taken = Math.Min(consumed, buffer.Length);
            foreach (byte each in buffer.Pending[..taken])
            {
                if (each != expected++)
                {
                    return false;
                }
            }

            buffer.Consume(taken);
        }

        buffer.Release(pool);
        return buffer.Length == 0 && !buffer.IsHeld && pool.RentedCount == 0;
    }

    [Fact]
    public void A_part_that_must_be_whole_grows_the_buffer()
    {
        var pool = new BufferPool();
        var buffer = default(ReceiveBuffer);
        int total = 0;
        while (total < 200_000)
        {
            int room = buffer.PrepareToReceive(pool, 4096).Length;
            buffer.Commit(room);
            total += room;
        }

        Assert.Equal(total, buffer.Length);
        Assert.Equal(1, pool.RentedCount);
        buffer.Release(pool);
        Assert.Equal(0, pool.RentedCount);
    }
}
