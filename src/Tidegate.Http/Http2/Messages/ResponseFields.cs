using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Http2.Messages;

/// <summary>Makes the fields of an answer, interim ones included, a <see cref="ResponseHead"/> (RFC 9113 section 8.3.2). The first fault counts.</summary>
internal struct ResponseFields : IFieldSink
{
    private readonly ResponseHead _head;
    private FieldBudget _budget;
    private bool _sawField;
    private long _contentLength = -1;
    private Http2Fault _fault;

    public ResponseFields(ResponseHead head, Http2Limits limits)
    {
        _head = head;
        _budget = new FieldBudget(limits);
        head.Reset();
        head.Version = HttpVersion.Http2;
    }

    /// <inheritdoc/>
    public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (_fault != Http2Fault.None)
        {
            return;
        }

        _fault = _budget.Add(name.Length, value.Length);
        if (_fault == Http2Fault.None)
        {
            _fault = known == KnownHeader.None && !name.IsEmpty && name[0] == (byte)':' ? TakeStatus(name, value) : Take(known, name, value);
        }
    }

    /// <summary>The block is whole.</summary>
    /// <param name="isEnd">Whether the answer ends with it.</param>
    /// <param name="isForHead">Whether it answers HEAD.</param>
    /// <returns>Why the answer is malformed, or none.</returns>
    public readonly Http2Fault Finish(bool isEnd, bool isForHead)
    {
        if (_fault != Http2Fault.None)
        {
            return _fault;
        }

        // 101 does not exist here (RFC 9113 section 8.6), and an interim answer is never the last one (section 8.1).
        if (_head.Status is 0 or 101 || (_head.IsInterim && isEnd))
        {
            return Http2Fault.MessagingViolation;
        }

        bool hasNoBody = isForHead || _head.IsInterim || _head.Status is 204 or 304;
        if (isEnd && _contentLength > 0 && !hasNoBody)
        {
            return Http2Fault.MessagingViolation;
        }

        _head.IsForHead = isForHead;
        _head.ContentLength = _contentLength;
        _head.Framing = isEnd || hasNoBody ? MessageFraming.None : _contentLength >= 0 ? MessageFraming.ContentLength : MessageFraming.Chunked;
        return Http2Fault.None;
    }

    private readonly Http2Fault TakeStatus(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (_sawField || _head.Status != 0 || !name.SequenceEqual(":status"u8) || value.Length != 3 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') || value[0] == (byte)'0')
        {
            return Http2Fault.InvalidHeaderField;
        }

        _head.Status = ((value[0] - '0') * 100) + ((value[1] - '0') * 10) + (value[2] - '0');
        return Http2Fault.None;
    }

    private Http2Fault Take(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        _sawField = true;
        if ((known == KnownHeader.None && !FieldSyntax.IsName(name)) || !FieldSyntax.IsValue(value) || FieldSyntax.IsConnectionSpecific(known))
        {
            return Http2Fault.InvalidHeaderField;
        }

        if (known == KnownHeader.ContentLength)
        {
            bool isRepeated = _contentLength >= 0;
            if (!FieldSyntax.TryReadLength(value, out _contentLength) || isRepeated)
            {
                return Http2Fault.InvalidHeaderField;
            }
        }

        if (known == KnownHeader.None)
        {
            _head.Headers.AddValid(name, value);
        }
        else
        {
            _head.Headers.AddValid(known, value);
        }

        return Http2Fault.None;
    }
}
