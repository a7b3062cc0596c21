using System.Text;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Routing;

/// <summary>What a field that comes in several lines is compared as.</summary>
public enum RepeatedHeaderMode : byte
{
    /// <summary>
    /// Each value for itself, and one that fits is enough (Envoy from 1.39 on: <c>envoy.reloadable_features.match_headers_individually</c>).
    /// Repeating a field can then not hide a value that is matched on (CVE-2026-26308), hence the default.
    /// </summary>
    Individual,

    /// <summary>All values as one, joined by commas (Envoy before 1.39).</summary>
    Joined,
}

/// <summary>A condition on one field, or on one of the pseudo fields (Envoy: <c>HeaderMatcher</c>; istio-gateway.md 4.2).</summary>
public sealed class HeaderMatcher
{
    private readonly byte[] _name;
    private readonly KnownHeader _known;
    private readonly PseudoHeader _pseudo;

    /// <summary>A condition that the field is there, unless one on its value is given.</summary>
    /// <param name="name">The field's name; <c>host</c> is the authority.</param>
    public HeaderMatcher(string name)
    {
        _name = Encoding.ASCII.GetBytes(name.ToLowerInvariant());
        _known = KnownHeaders.Find(_name);
        _pseudo = name.ToLowerInvariant() switch
        {
            ":authority" or "host" => PseudoHeader.Authority,
            ":method" => PseudoHeader.Method,
            ":path" => PseudoHeader.Path,
            ":scheme" => PseudoHeader.Scheme,
            [':', ..] => PseudoHeader.Unknown,
            _ => PseudoHeader.None,
        };
    }

    private enum PseudoHeader : byte
    {
        None,
        Authority,
        Method,
        Path,
        Scheme,
        Unknown,
    }

    /// <summary>The condition on the value; null when there is none.</summary>
    public ValueMatcher? Value { get; init; }

    /// <summary>The value is a decimal integer from here (inclusive) to there (exclusive); null when that is no condition (Envoy: <c>range_match</c>).</summary>
    public (long Start, long End)? Range { get; init; }

    /// <summary>Without a condition on the value: whether the field is there (true) or is not (Envoy: <c>present_match</c>).</summary>
    public bool IsPresent { get; init; } = true;

    /// <summary>Whether the opposite of the condition is asked for (Envoy: <c>invert_match</c>). A field that is missing fits no condition on its value, nor the opposite.</summary>
    public bool IsInverted { get; init; }

    /// <summary>Whether a field that is missing counts as one with an empty value.</summary>
    public bool TreatMissingAsEmpty { get; init; }

    /// <summary>What a repeated field is compared as.</summary>
    public RepeatedHeaderMode RepeatedMode { get; init; }

    /// <summary>Whether every value of a field that is repeated has to fit, where each is compared for itself; else one is enough.</summary>
    public bool NeedsEveryValue { get; init; }

    /// <summary>Whether the request fits.</summary>
    public bool Matches(in RouteRequest request)
    {
        if (_pseudo != PseudoHeader.None)
        {
            ReadOnlySpan<byte> value = PseudoValue(request);
            return Decide(_pseudo != PseudoHeader.Unknown && !value.IsEmpty, value);
        }

        return Matches(request.Headers);
    }

    /// <summary>Whether the fields fit, of a request or of an answer; pseudo fields are missing.</summary>
    public bool Matches(HeaderMap headers)
    {
        int position = 0;
        if (!TryGetNext(headers, ref position, out ReadOnlySpan<byte> value))
        {
            return Decide(false, default);
        }

        if (Value is null && Range is null)
        {
            return Decide(true, value);
        }

        int second = position;
        return TryGetNext(headers, ref second, out _) ? MatchesRepeated(headers) : Decide(true, value);
    }

    private bool TryGetNext(HeaderMap headers, scoped ref int position, out ReadOnlySpan<byte> value) => _known != KnownHeader.None
        ? headers.TryGetNext(_known, ref position, out value)
        : headers.TryGetNext(_name, ref position, out value);

    private ReadOnlySpan<byte> PseudoValue(in RouteRequest request) => _pseudo switch
    {
        PseudoHeader.Authority => request.Authority,
        PseudoHeader.Method => request.Method,
        PseudoHeader.Path => request.Path,
        PseudoHeader.Scheme => request.Scheme,
        _ => default,
    };

    private bool Decide(bool isThere, ReadOnlySpan<byte> value)
    {
        bool counts = isThere || TreatMissingAsEmpty;
        if (Value is null && Range is null)
        {
            return (counts == IsPresent) != IsInverted;
        }

        return counts && ValueFits(value) != IsInverted;
    }

    private bool ValueFits(ReadOnlySpan<byte> value)
    {
        if (Range is not { } range)
        {
            return Value!.Matches(value);
        }

        bool isNumber = System.Buffers.Text.Utf8Parser.TryParse(value, out long number, out int consumed) && consumed == value.Length;
        return isNumber && number >= range.Start && number < range.End;
    }

    private bool MatchesRepeated(HeaderMap headers)
    {
        int position = 0;
        if (RepeatedMode == RepeatedHeaderMode.Individual)
        {
            bool fits = NeedsEveryValue;
            while (fits == NeedsEveryValue && TryGetNext(headers, ref position, out ReadOnlySpan<byte> value))
            {
                fits = ValueFits(value);
            }

            return fits != IsInverted;
        }

        var joined = new ByteBuilder(stackalloc byte[512]);
        while (TryGetNext(headers, ref position, out ReadOnlySpan<byte> value))
        {
            if (joined.Length > 0)
            {
                joined.Append((byte)',');
            }

            joined.Append(value);
        }

        bool matches = ValueFits(joined.Written) != IsInverted;
        joined.Dispose();
        return matches;
    }
}
