using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Routing;

/// <summary>A condition on what filters have noted of a request (Envoy: <c>type.matcher.v3.MetadataMatcher</c>). Immutable.</summary>
/// <param name="path">Where the value stands.</param>
/// <param name="value">The condition on the value.</param>
/// <param name="isInverted">Whether the opposite is asked for, which a value that is not there meets.</param>
internal sealed class MetadataMatcher(MetadataPath path, MetadataValueMatcher value, bool isInverted)
{
    /// <summary>Whether the metadata fit.</summary>
    public bool Matches(DynamicMetadata? metadata) => value.Matches(path.Find(metadata)) != isInverted;
}

/// <summary>A condition on one value (Envoy: <c>type.matcher.v3.ValueMatcher</c>). Null is a value that is not there.</summary>
internal abstract class MetadataValueMatcher
{
    /// <summary>Whether the value fits.</summary>
    public abstract bool Matches(MetadataValue? value);

    /// <summary>The value is there, or is not.</summary>
    public sealed class Present(bool isPresent) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value) => value is not null == isPresent;
    }

    /// <summary>It is null.</summary>
    public sealed class IsNull : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value) => value is { Kind: MetadataKind.Null };
    }

    /// <summary>It is a number in a range, the end of which is not in it; of one number where both are the same.</summary>
    public sealed class Number(double from, double to) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value) =>
            value is { Kind: MetadataKind.Number, Number: var number } && (number == from || (number > from && number < to));
    }

    /// <summary>It is a text that fits.</summary>
    public sealed class Text(ValueMatcher matcher) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value) => value is { Kind: MetadataKind.Text } && matcher.Matches(value.Text);
    }

    /// <summary>It is this truth value.</summary>
    public sealed class Boolean(bool wanted) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value) => value is { Kind: MetadataKind.Boolean } && value.Boolean == wanted;
    }

    /// <summary>It is a list of which one value fits.</summary>
    public sealed class OneOf(MetadataValueMatcher matcher) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value)
        {
            if (value is not { Kind: MetadataKind.List })
            {
                return false;
            }

            foreach (MetadataValue item in value.Items)
            {
                if (matcher.Matches(item))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>One of these conditions is met.</summary>
    public sealed class AnyOf(MetadataValueMatcher[] matchers) : MetadataValueMatcher
    {
        /// <inheritdoc/>
        public override bool Matches(MetadataValue? value)
        {
            foreach (MetadataValueMatcher matcher in matchers)
            {
                if (matcher.Matches(value))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
