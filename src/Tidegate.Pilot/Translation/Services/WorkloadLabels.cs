using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>The labels of a WorkloadEntry: those of its <c>spec</c> and of its <c>metadata</c>, which counts where both say something.</summary>
internal static class WorkloadLabels
{
    public static IReadOnlyDictionary<string, string> Of(WorkloadEntrySpec spec, ResourceMetadata metadata)
    {
        if (spec.Labels.Count == 0 || metadata.Labels.Count == 0)
        {
            return spec.Labels.Count == 0 ? metadata.Labels : spec.Labels;
        }

        var labels = new Dictionary<string, string>(spec.Labels);
        foreach ((string key, string value) in metadata.Labels)
        {
            labels[key] = value;
        }

        return labels;
    }

    /// <summary>Whether a selector selects what has these labels; one without labels selects everything.</summary>
    public static bool Match(IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, string> selector) =>
        selector.All(label => labels.GetValueOrDefault(label.Key) == label.Value);
}
