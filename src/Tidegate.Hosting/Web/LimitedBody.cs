namespace Tidegate.Hosting.Web;

/// <summary>Bodies of answers that are read whole and may not be longer than who asks allows, whatever their head says.</summary>
public static class LimitedBody
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Reads an answer's body.</summary>
    /// <exception cref="HttpRequestException">It is longer.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, long maxBytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(response);
        using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var read = new MemoryStream();
        byte[] piece = new byte[PieceBytes];
        int count;
        while ((count = await body.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0)
        {
            if (read.Length + count > maxBytes)
            {
                throw new HttpRequestException($"the answer has more than {maxBytes} bytes");
            }

            read.Write(piece, 0, count);
        }

        return read.GetBuffer().AsMemory(0, (int)read.Length);
    }
}
