namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>A memory of results that is swept at the end of each pass.</summary>
internal interface IMemo
{
    /// <summary>Forgets what the pass did not ask for.</summary>
    void EndPass();
}
