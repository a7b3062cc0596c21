using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;

namespace Tidegate.Proxy.Tls;

/// <summary>
/// What the platform keeps of a certificate for handshakes that may resume sessions (OpenSSL: <c>SSL_CTX</c>): the certificate made ready,
/// and the keys that seal session tickets. It shares one among handshakes of the same certificate and versions. Left to itself it drops those
/// that no connection has as soon as there are some thirty, which makes the next handshake dearer by a quarter and ends all sessions, and it
/// never changes the keys. So each is held here, by a handshake that does not end, and replaced each day. Shared by all workers.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SessionContexts(TimeProvider time)
{
    // The days are numbered in the bits above those of the versions, which stand for nothing: other bits, another context.
    private const int DayShift = 16;
    private const long Days = 1 << 14;

    private readonly ConcurrentDictionary<(SslProtocols Versions, bool HasProtocols), SslStream> _held = new(concurrencyLevel: 1, capacity: 1);

    /// <summary>Lets the handshake take the context of the day, and makes that be kept.</summary>
    /// <param name="options">The handshake, which is one that may resume a session.</param>
    public void Join(SslServerAuthenticationOptions options)
    {
        // Ticket keys live for a day at most (edge.md, T07).
        long day = time.GetTimestamp() / (time.TimestampFrequency * (long)TimeSpan.FromDays(1).TotalSeconds) % Days;
        int versions = (int)options.EnabledSslProtocols | ((int)day << DayShift);
        options.EnabledSslProtocols = (SslProtocols)versions;
        (SslProtocols Versions, bool) context = (options.EnabledSslProtocols, options.ApplicationProtocols is not null);
        if (!_held.ContainsKey(context))
        {
            Hold(context, options);
        }
    }

    private static int DayOf(SslProtocols versions) => (int)versions >> DayShift;

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Held until its day is over")]
    private void Hold((SslProtocols Versions, bool HasProtocols) context, SslServerAuthenticationOptions options)
    {
        var holder = new SslStream(new HelloBegin());
        if (!_held.TryAdd(context, holder))
        {
            holder.Dispose();
            return;
        }

        // It does not end, since the client says no more. If it cannot begin, neither can the handshake that it is for, which tells.
        _ = holder.AuthenticateAsServerAsync(options);
        foreach (((SslProtocols Versions, bool) former, SslStream _) in _held)
        {
            if (DayOf(former.Versions) != DayOf(context.Versions) && _held.TryRemove(former, out SslStream? over))
            {
                over.Dispose();
            }
        }
    }

    // A connection on which the first bytes of a ClientHello came, and the rest never does.
    private sealed class HelloBegin : Stream
    {
        // A record of four bytes (RFC 8446, section 5.1) with the head of a ClientHello of 240 (section 4).
        private static readonly byte[] Bytes = [0x16, 3, 1, 0, 4, 1, 0, 0, 240];

        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_position == Bytes.Length)
            {
                return new ValueTask<int>(new TaskCompletionSource<int>().Task);
            }

            int count = Math.Min(buffer.Length, Bytes.Length - _position);
            Bytes.AsMemory(_position, count).CopyTo(buffer);
            _position += count;
            return new ValueTask<int>(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
