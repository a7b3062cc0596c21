using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.Proxy.Tests.Runtime.DnsResolution;

/// <summary>A DNS server on a socket of its own: answers A and AAAA questions out of <see cref="Zone"/>, and keeps what it was asked.</summary>
internal sealed class FakeDnsServer : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    public FakeDnsServer() => _ = Task.Run(ServeAsync);

    public IPEndPoint Address => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>Names without a last dot; each with addresses and their times to live. A name with no addresses is broken (SERVFAIL), one that is missing does not exist.</summary>
    public ConcurrentDictionary<string, (IPAddress Address, uint Ttl)[]> Zone { get; } = [];

    /// <summary>The names that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult question = await _socket.ReceiveAsync();
                await _socket.SendAsync(AnswerTo(question.Buffer), question.RemoteEndPoint);
            }
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
        {
            return; // the test is over
        }
    }

    private byte[] AnswerTo(byte[] question)
    {
        // RFC 1035, section 4.1: a header of 12 bytes, then the name in labels, type and class.
        List<string> labels = [];
        int at = 12;
        while (question[at] > 0)
        {
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
            at += question[at] + 1;
        }

        int end = at + 5;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
        string name = string.Join('.', labels);
        Asked.Enqueue(name);
        switch (labels[0])
        {
            case "garbage":
                return [.. question[..2], .. Enumerable.Repeat((byte)0xFF, 40)];
            case "short":
                return question[..5];
            case "truncated":
                return [.. question[..2], 0x83, 0x80, .. question[4..end]];
            case "loop":
                // Its own alias: a pointer to the question's name.
                return [.. question[..2], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. question[12..end], 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xC0, 12];
            case "pointer":
                return [.. question[..2], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. question[12..end], 0xC0, (byte)end, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4];
        }

        bool isKnown = Zone.TryGetValue(name, out (IPAddress Address, uint Ttl)[]? records);
        (IPAddress Address, uint Ttl)[] fitting = [.. (records ?? []).Where(record => type == (record.Address.AddressFamily == AddressFamily.InterNetwork ? 1 : 28))];
        using var answer = new MemoryStream();
        answer.Write(question, 0, 2);
        answer.Write([0x81, (byte)(0x80 | (!isKnown ? 3 : records!.Length == 0 ? 2 : 0)), 0, 1, (byte)(fitting.Length >> 8), (byte)fitting.Length, 0, 0, 0, 0]);
        answer.Write(question, 12, end - 12);
        foreach ((IPAddress address, uint ttl) in fitting)
        {
            byte[] bytes = address.GetAddressBytes();
            Span<byte> head = [0xC0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 0, 0, (byte)bytes.Length];
            BinaryPrimitives.WriteUInt32BigEndian(head[6..], ttl);
            answer.Write(head);
            answer.Write(bytes);
        }

        return answer.ToArray();
    }
}
