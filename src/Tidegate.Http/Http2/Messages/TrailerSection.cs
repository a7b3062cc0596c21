using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Http2.Messages;

/// <summary>
/// Makes the fields behind a body a map of trailers (RFC 9113 section 8.1). What may not be in a field list at all is a fault, and in a request what would deceive
/// who reads it; what else may not be in trailers (<see cref="TrailerFields"/>) is dropped.
/// </summary>
internal struct TrailerSection(HeaderMap trailers, Http2Limits limits, bool isRequest) : IFieldSink
{
    private FieldBudget _budget = new(limits);

    /// <summary>Why the section is malformed; the first fault counts.</summary>
    public Http2Fault Fault { get; private set; }

    /// <inheritdoc/>
    public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (Fault != Http2Fault.None)
        {
            return;
        }

        Fault = _budget.Add(name.Length, value.Length);
        if (Fault != Http2Fault.None)
        {
            return;
        }

        // A pseudo-header field has a colon, which no name has.
        if ((known == KnownHeader.None && !FieldSyntax.IsName(name)) || !FieldSyntax.IsValue(value) || FieldSyntax.IsConnectionSpecific(known) || known == KnownHeader.Te)
        {
            Fault = Http2Fault.InvalidHeaderField;
        }
        else if (isRequest && (known == KnownHeader.ContentLength || TrailerFields.IsDeceptive(name)))
        {
            Fault = Http2Fault.MessagingViolation;
        }
        else if (TrailerFields.IsAllowed(name))
        {
            trailers.AddValid(name, value);
        }
    }
}
