namespace Tidegate.Pilot.Resources;

/// <summary>What is done to a request's path before anything looks at it (Istio: <c>MeshConfig.ProxyPathNormalization.NormalizationType</c>).</summary>
public enum PathNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>RFC 3986 dot segments and percent-encoding of unreserved characters (<c>BASE</c>, <c>DEFAULT</c>).</summary>
    Base,

    /// <summary>As <see cref="Base"/>, and adjacent slashes are merged.</summary>
    MergeSlashes,

    /// <summary>As <see cref="MergeSlashes"/>, after escaped slashes (<c>%2F</c>, <c>%5C</c>) are decoded.</summary>
    DecodeAndMergeSlashes,
}
