namespace Tidegate.Http.Paths;

/// <summary>What is done about a <c>#</c> in a request target, which no client may send (CVE-2021-32779, CVE-2021-39156).</summary>
public enum FragmentAction : byte
{
    /// <summary>The request is refused; what Envoy does.</summary>
    Reject,

    /// <summary>It is cut off with all that follows.</summary>
    Strip,
}
