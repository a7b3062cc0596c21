using System.Buffers;

namespace Tidegate.Net.Buffers;

/// <summary>A loop's buffers for code that knows nothing of loops: what it holds is charged like everything else.</summary>
/// <param name="buffers">The loop's buffers.</param>
public sealed class LoopArrayPool(BufferPool buffers) : ArrayPool<byte>
{
    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength) => buffers.Rent(minimumLength);

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        if (clearArray)
        {
            Array.Clear(array);
        }

        buffers.Return(array);
    }
}
