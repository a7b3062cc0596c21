using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>What is to be said about an object of a kind that the gateway does not read.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">The finding's code: one of those below.</param>
/// <param name="Message">What becomes of the object, and what to do.</param>
internal sealed record KindNote(Severity Severity, string Code, string Message)
{
    /// <summary>What all codes about kinds begin with.</summary>
    public const string Prefix = "kind-";

    /// <summary>Nothing is lost: a gateway does not need objects of this kind.</summary>
    public const string NotNeeded = "kind-not-needed";

    /// <summary>The kind concerns a gateway, and this one does not act on it.</summary>
    public const string NotActedOn = "kind-not-acted-on";

    /// <summary>The kind protects traffic, and this gateway does not enforce it.</summary>
    public const string NotEnforced = "kind-not-enforced";

    /// <summary>There is no such kind: most likely it is misspelt.</summary>
    public const string Unknown = "kind-unknown";
}
