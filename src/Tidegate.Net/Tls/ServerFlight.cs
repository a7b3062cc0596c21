using System.Buffers.Binary;

namespace Tidegate.Net.Tls;

/// <summary>
/// Reads what the platform does not tell of a handshake off the server's first messages, which are not encrypted: whether a session was resumed, and which group the keys were agreed on
/// in (RFC 8446, section 4.1.3; RFC 5246, section 7.3; RFC 8422, section 5.4). Bytes come as they are cut; what cannot be understood ends it, and tells nothing.
/// </summary>
public sealed class ServerFlight
{
    private const int RecordHeaderBytes = 5;
    private const int MessageHeaderBytes = 4;

    // A ServerHello is some hundred bytes, with a hybrid group some 1,200.
    private const int MaxKeptBytes = 2048;

    private readonly byte[] _header = new byte[RecordHeaderBytes];
    private byte[] _message = new byte[MaxKeptBytes];
    private int _headerCount;
    private int _recordLeft;
    private int _messageCount;
    private int _messageSkipped;
    private bool _isVersion12;

    private enum RecordType : byte
    {
        ChangeCipherSpec = 20,
        Handshake = 22,
    }

    private enum MessageType : byte
    {
        ServerHello = 2,
        NewSessionTicket = 4,
        Certificate = 11,
        ServerKeyExchange = 12,
        ServerHelloDone = 14,
    }

    // RFC 8446, section 4.1.3: by this a ServerHello is one that asks for another ClientHello.
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    /// <summary>Whether nothing more is to be learnt.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the session is one that was made before.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>The group (RFC 8446, section 4.2.7); 0 where none is known.</summary>
    public ushort Group { get; private set; }

    /// <summary>The server's next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsOver)
        {
            // 1. Which record it is.
            if (_headerCount < RecordHeaderBytes)
            {
                int taken = Math.Min(RecordHeaderBytes - _headerCount, bytes.Length);
                bytes[..taken].CopyTo(_header.AsSpan(_headerCount));
                bytes = bytes[taken..];
                _headerCount += taken;
                if (_headerCount < RecordHeaderBytes)
                {
                    return;
                }

                _recordLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(3));
                BeginRecord((RecordType)_header[0]);
            }

            // 2. What is in it.
            int length = Math.Min(_recordLeft, bytes.Length);
            if ((RecordType)_header[0] == RecordType.Handshake)
            {
                ReadMessages(bytes[..length]);
            }

            bytes = bytes[length..];
            _recordLeft -= length;
            _headerCount = _recordLeft == 0 ? 0 : _headerCount;
        }

        _message = IsOver ? [] : _message; // a peer may take its time from here on
    }

    // Before version 1.3, who changes to the new keys without having shown a certificate goes by keys from before; in it such a record means nothing.
    private void BeginRecord(RecordType type)
    {
        if (type == RecordType.ChangeCipherSpec)
        {
            IsResumed = IsOver = _isVersion12;
        }
        else if (type != RecordType.Handshake)
        {
            IsOver = true;
        }
    }

    private void ReadMessages(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsOver)
        {
            int wanted = _messageCount < MessageHeaderBytes ? MessageHeaderBytes : MessageHeaderBytes + LengthOfMessage;
            int taken = Math.Min(wanted - _messageCount - _messageSkipped, bytes.Length);
            int kept = Math.Min(taken, MaxKeptBytes - _messageCount);
            bytes[..kept].CopyTo(_message.AsSpan(_messageCount));
            bytes = bytes[taken..];
            _messageCount += kept;
            _messageSkipped += taken - kept;
            if (_messageCount >= MessageHeaderBytes && _messageCount + _messageSkipped == MessageHeaderBytes + LengthOfMessage)
            {
                TakeMessage((MessageType)_message[0], _message.AsSpan(MessageHeaderBytes, _messageCount - MessageHeaderBytes));
                _messageCount = 0;
                _messageSkipped = 0;
            }
        }
    }

    private int LengthOfMessage => (_message[1] << 16) | (_message[2] << 8) | _message[3];

    private void TakeMessage(MessageType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case MessageType.ServerHello:
                TakeHello(body);
                break;
            case MessageType.Certificate:
                break;
            case MessageType.ServerKeyExchange:
                const byte NamedCurve = 3;
                Group = body.Length >= 3 && body[0] == NamedCurve ? BinaryPrimitives.ReadUInt16BigEndian(body[1..]) : (ushort)0;
                IsOver = true;
                break;
            case MessageType.NewSessionTicket:
                IsResumed = true;
                IsOver = true;
                break;
            default:
                IsOver = true;
                break;
        }
    }

    // legacy_version, random, session id, cipher suite, compression, extensions.
    private void TakeHello(ReadOnlySpan<byte> body)
    {
        const int RandomEnd = 2 + 32;
        if (body.Length < RandomEnd + 1 || body.Length < RandomEnd + 1 + body[RandomEnd] + 3)
        {
            IsOver = true;
            return;
        }

        bool isRetry = body[2..RandomEnd].SequenceEqual(RetryRandom);
        ReadOnlySpan<byte> extensions = body[(RandomEnd + 1 + body[RandomEnd] + 3)..];
        extensions = extensions.Length >= 2 ? extensions[2..] : default;
        bool isVersion13 = false;
        while (extensions.Length >= 4)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            int length = BinaryPrimitives.ReadUInt16BigEndian(extensions[2..]);
            if (extensions.Length < 4 + length)
            {
                break;
            }

            TakeExtension(type, extensions.Slice(4, length), ref isVersion13);
            extensions = extensions[(4 + length)..];
        }

        _isVersion12 = !isVersion13;
        IsOver = isVersion13 && !isRetry;
    }

    private void TakeExtension(int type, ReadOnlySpan<byte> data, ref bool isVersion13)
    {
        const int PreSharedKey = 41;
        const int SupportedVersions = 43;
        const int KeyShare = 51;
        switch (type)
        {
            case PreSharedKey:
                IsResumed = true; // we know no other keys that were shared before
                break;
            case SupportedVersions:
                isVersion13 = true;
                break;
            case KeyShare when data.Length >= 2:
                Group = BinaryPrimitives.ReadUInt16BigEndian(data);
                break;
        }
    }
}
