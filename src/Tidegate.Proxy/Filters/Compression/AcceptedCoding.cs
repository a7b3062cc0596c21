using System.Buffers.Text;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>What a client makes of the codings that a chain offers.</summary>
internal enum CodingVerdict : byte
{
    /// <summary>Nobody has looked yet.</summary>
    Open,

    /// <summary>The request has no <c>accept-encoding</c>.</summary>
    NoHeader,

    /// <summary>It takes nothing that is offered.</summary>
    NotValid,

    /// <summary>It prefers no coding.</summary>
    Identity,

    /// <summary>It takes any; the first that is offered is used.</summary>
    Wildcard,

    /// <summary>It names the one that is used.</summary>
    Named,
}

/// <summary>Chooses a content coding as Envoy does (RFC 9110, section 12.5.3).</summary>
internal static class AcceptedCoding
{
    /// <summary>Chooses among the compressors of a chain; the index of the one that is used, or -1.</summary>
    /// <param name="accept">The value of <c>accept-encoding</c>.</param>
    /// <param name="chain">The filters; others than compressors do not count.</param>
    /// <param name="verdict">Why.</param>
    public static int Choose(ReadOnlySpan<byte> accept, ReadOnlySpan<HttpFilter> chain, out CodingVerdict verdict)
    {
        // 1. The entry of the highest weight that names something that is there.
        float best = 0;
        int chosen = -1;
        bool choosesFirst = false;
        verdict = CodingVerdict.NotValid;
        ReadOnlySpan<byte> rest = accept;
        while (TryNext(ref rest, out ReadOnlySpan<byte> name, out float weight))
        {
            int index = IndexOf(name, chain, out bool isFirstChoice);
            CodingVerdict kind = index >= 0 ? CodingVerdict.Named
                : HttpTokens.EqualsIgnoreCase(name, "identity"u8) ? CodingVerdict.Identity
                : name.SequenceEqual("*"u8) ? CodingVerdict.Wildcard
                : CodingVerdict.NotValid;
            bool isBetter = weight > best || (weight == best && weight > 0 && isFirstChoice && !choosesFirst);
            if (kind != CodingVerdict.NotValid && isBetter)
            {
                (best, chosen, verdict, choosesFirst) = (weight, index, kind, isFirstChoice);
            }
        }

        // 2. Any coding: the first that was not ruled out.
        if (verdict == CodingVerdict.Wildcard)
        {
            chosen = FirstAllowed(accept, chain);
            verdict = chosen >= 0 ? CodingVerdict.Wildcard : CodingVerdict.NotValid;
        }

        return chosen;
    }

    private static int IndexOf(ReadOnlySpan<byte> name, ReadOnlySpan<HttpFilter> chain, out bool isFirstChoice)
    {
        for (int i = 0; i < chain.Length; i++)
        {
            if (chain[i] is CompressorFilter { Rule: var rule } && HttpTokens.EqualsIgnoreCase(name, rule.Coding))
            {
                isFirstChoice = rule.IsFirstChoice;
                return i;
            }
        }

        isFirstChoice = false;
        return -1;
    }

    private static int FirstAllowed(ReadOnlySpan<byte> accept, ReadOnlySpan<HttpFilter> chain)
    {
        for (int i = 0; i < chain.Length; i++)
        {
            if (chain[i] is CompressorFilter { Rule: var rule } && !IsRuledOut(accept, rule.Coding))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsRuledOut(ReadOnlySpan<byte> accept, ReadOnlySpan<byte> coding)
    {
        while (TryNext(ref accept, out ReadOnlySpan<byte> name, out float weight))
        {
            if (weight == 0 && HttpTokens.EqualsIgnoreCase(name, coding))
            {
                return true;
            }
        }

        return false;
    }

    // coding [;q=weight], between commas. An entry whose weight is no number is passed over.
    private static bool TryNext(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out float weight)
    {
        while (!rest.IsEmpty)
        {
            int comma = rest.IndexOf((byte)',');
            ReadOnlySpan<byte> entry = comma < 0 ? rest : rest[..comma];
            rest = comma < 0 ? default : rest[(comma + 1)..];
            int semicolon = entry.IndexOf((byte)';');
            name = (semicolon < 0 ? entry : entry[..semicolon]).Trim(" \t"u8);
            weight = 1;
            if (!name.IsEmpty && (semicolon < 0 || TryParseWeight(entry[(semicolon + 1)..], out weight)))
            {
                return true;
            }
        }

        name = default;
        weight = 0;
        return false;
    }

    private static bool TryParseWeight(ReadOnlySpan<byte> parameter, out float weight)
    {
        weight = 1;
        int equals = parameter.IndexOf((byte)'=');
        if (equals < 0 || !HttpTokens.EqualsIgnoreCase(parameter[..equals].Trim(" \t"u8), "q"u8))
        {
            return true; // another parameter: it says nothing about the weight
        }

        ReadOnlySpan<byte> value = parameter[(equals + 1)..].Trim(" \t"u8);
        return Utf8Parser.TryParse(value, out weight, out int consumed) && consumed == value.Length && weight is >= 0 and <= 1;
    }
}
