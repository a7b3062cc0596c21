namespace Tidegate.Pilot.Resources;

/// <summary>How a <see cref="StringMatch"/> compares.</summary>
public enum StringMatchKind
{
    /// <summary>None of the three is given: the thing has to be present.</summary>
    Present,

    /// <summary><c>exact</c>.</summary>
    Exact,

    /// <summary><c>prefix</c>.</summary>
    Prefix,

    /// <summary><c>regex</c>: RE2, on the whole value.</summary>
    Regex,
}

/// <summary>A condition on a text (Istio: <c>StringMatch</c>).</summary>
public sealed record StringMatch(StringMatchKind Kind, string Value);
