namespace Tidegate.Pilot.Translation;

/// <summary>Where the keys of an issuer are to be had.</summary>
/// <param name="Uri">The address of the set; of the issuer itself where <paramref name="IsDiscovered"/>.</param>
/// <param name="IsDiscovered">Whether the issuer is asked where its set is (OpenID Connect Discovery).</param>
/// <param name="Timeout">How long fetching may take.</param>
public sealed record KeySetSource(string Uri, bool IsDiscovered, TimeSpan Timeout);
