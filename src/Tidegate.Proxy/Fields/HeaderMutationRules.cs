using Tidegate.Http.Tokens;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Fields;

/// <summary>What becomes of a change to a field.</summary>
internal enum MutationVerdict : byte
{
    /// <summary>It is made.</summary>
    Allowed,

    /// <summary>It is not made.</summary>
    Ignored,

    /// <summary>It is not made, and the exchange fails with it.</summary>
    Failed,
}

/// <summary>Which fields others may change (Envoy: <c>config.common.mutation_rules.v3.HeaderMutationRules</c>). Names are in lower case. Immutable.</summary>
internal sealed class HeaderMutationRules
{
    /// <summary>What holds where nothing is said.</summary>
    public static readonly HeaderMutationRules Default = new();

    /// <summary>Whether <c>host</c>, <c>:authority</c>, <c>:scheme</c> and <c>:method</c> may be changed.</summary>
    public bool AllowsRouting { get; init; }

    /// <summary>Whether <c>x-envoy-</c> fields may be changed.</summary>
    public bool AllowsEnvoy { get; init; }

    /// <summary>Whether no pseudo field may be changed.</summary>
    public bool DisallowsSystem { get; init; }

    /// <summary>Whether nothing may be changed but what <see cref="Allowed"/> names.</summary>
    public bool DisallowsAll { get; init; }

    /// <summary>Names that may be changed whatever else is said, but for <see cref="Disallowed"/>; null for none.</summary>
    public ValueMatcher? Allowed { get; init; }

    /// <summary>Names that may not be changed; null for none.</summary>
    public ValueMatcher? Disallowed { get; init; }

    /// <summary>Whether a change that may not be made is an error.</summary>
    public bool FailsOnDisallowed { get; init; }

    private MutationVerdict Refused => FailsOnDisallowed ? MutationVerdict.Failed : MutationVerdict.Ignored;

    /// <summary>Whether a field may get a value.</summary>
    public MutationVerdict CheckSet(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        IsValid(name, value) && MayChange(name) ? MutationVerdict.Allowed : Refused;

    /// <summary>Whether a field may be removed; pseudo fields and the host never are.</summary>
    public MutationVerdict CheckRemove(ReadOnlySpan<byte> name) =>
        MayChange(name) && !name.StartsWith(":"u8) && !name.SequenceEqual("host"u8) ? MutationVerdict.Allowed : Refused;

    /// <summary>Whether a field of that name and value can be written (RFC 9110, section 5).</summary>
    public static bool IsValid(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        HttpTokens.IsToken(name.StartsWith(":"u8) ? name[1..] : name) && HttpTokens.IsFieldValue(value);

    // The most particular rule first, as with Envoy.
    private bool MayChange(ReadOnlySpan<byte> name)
    {
        if (Disallowed?.Matches(name) == true)
        {
            return false;
        }

        if (Allowed?.Matches(name) == true)
        {
            return true;
        }

        bool isRouting = name.SequenceEqual("host"u8) || name.SequenceEqual(":authority"u8) || name.SequenceEqual(":scheme"u8) || name.SequenceEqual(":method"u8);
        return !DisallowsAll
            && (!DisallowsSystem || !name.StartsWith(":"u8))
            && (AllowsRouting || !isRouting)
            && (AllowsEnvoy || !name.StartsWith("x-envoy-"u8));
    }
}
